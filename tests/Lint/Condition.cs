using System.Text.RegularExpressions;

namespace EbpfCnf.Templates.Tests.Lint;

/// <summary>
/// The conditions that templates may use: <c>symbol == "choice"</c>, <c>symbol != "choice"</c> and flags, joined by
/// <c>!</c>, <c>&amp;&amp;</c>, <c>||</c> and parentheses, the whole in parentheses. The engine takes far more, and takes an
/// unknown identifier for an empty string without a word.
/// </summary>
abstract partial record Condition
{
    public abstract IEnumerable<Condition> Terms();

    public abstract bool Evaluate(IReadOnlyDictionary<string, string> values);

    public static Condition Parse(string text)
    {
        var trimmed = text.Trim();
        if (!trimmed.StartsWith('(') || !trimmed.EndsWith(')'))
        {
            throw new FormatException($"'{text}' is not in parentheses");
        }

        var parser = new Parser(trimmed);
        var condition = parser.Or();
        parser.End();
        return condition;
    }

    public sealed record Comparison(string Symbol, string Choice, bool Equal) : Condition
    {
        public override IEnumerable<Condition> Terms() => [this];

        public override bool Evaluate(IReadOnlyDictionary<string, string> values) => values[Symbol].Split('|').Contains(Choice) == Equal;
    }

    public sealed record Flag(string Symbol) : Condition
    {
        public override IEnumerable<Condition> Terms() => [this];

        public override bool Evaluate(IReadOnlyDictionary<string, string> values) => values[Symbol] == "true";
    }

    sealed record Not(Condition Operand) : Condition
    {
        public override IEnumerable<Condition> Terms() => Operand.Terms();

        public override bool Evaluate(IReadOnlyDictionary<string, string> values) => !Operand.Evaluate(values);
    }

    sealed record Joined(Condition Left, Condition Right, bool And) : Condition
    {
        public override IEnumerable<Condition> Terms() => [.. Left.Terms(), .. Right.Terms()];

        public override bool Evaluate(IReadOnlyDictionary<string, string> values) =>
            And ? Left.Evaluate(values) && Right.Evaluate(values) : Left.Evaluate(values) || Right.Evaluate(values);
    }

    sealed partial class Parser(string text)
    {
        readonly Queue<string> tokens = Tokenize(text);

        public Condition Or()
        {
            var condition = And();
            while (Accept("||"))
            {
                condition = new Joined(condition, And(), And: false);
            }

            return condition;
        }

        public void End()
        {
            if (tokens.TryPeek(out var rest))
            {
                throw new FormatException($"'{text}' goes on with '{rest}' where it should end");
            }
        }

        Condition And()
        {
            var condition = Term();
            while (Accept("&&"))
            {
                condition = new Joined(condition, Term(), And: true);
            }

            return condition;
        }

        Condition Term()
        {
            if (Accept("!"))
            {
                return new Not(Term());
            }

            if (Accept("("))
            {
                var inner = Or();
                return Accept(")") ? inner : throw new FormatException($"'{text}' lacks a closing parenthesis");
            }

            var symbol = Take("a symbol", token => Identifier.IsMatch(token));
            if (Accept("=="))
            {
                return new Comparison(symbol, Literal(), Equal: true);
            }

            return Accept("!=") ? new Comparison(symbol, Literal(), Equal: false) : new Flag(symbol);
        }

        string Literal() => Take("a choice in double quotes", token => token.StartsWith('"')).Trim('"');

        string Take(string what, Func<string, bool> matches) =>
            tokens.TryDequeue(out var token) && matches(token)
                ? token
                : throw new FormatException($"'{text}' has {(token is null ? "nothing" : $"'{token}'")} where {what} should be");

        bool Accept(string expected) => tokens.TryPeek(out var token) && token == expected && tokens.TryDequeue(out _);

        static Queue<string> Tokenize(string text)
        {
            Queue<string> tokens = [];
            foreach (var match in Token.Matches(text).Where(match => match.Value.Trim() != ""))
            {
                tokens.Enqueue(match.Value);
            }

            return tokens;
        }

        [GeneratedRegex("""\s+|==|!=|&&|\|\||[()!]|"[^"]*"|[A-Za-z_][A-Za-z0-9_]*|.""")]
        static partial Regex Token { get; }

        [GeneratedRegex("^[A-Za-z_]")]
        static partial Regex Identifier { get; }
    }
}
