namespace EbpfCnf.Templates.Tests.Skills;

public sealed class ExcerptTests
{
    const string C = """
        // SPDX
        #define LIMIT 8

        /* snippet: both */
        struct span {
        	void *pos;

        	void *end;
        };
        /* end snippet */

        static int take(struct span *s);

        struct {
        	__uint(type, BPF_MAP_TYPE_HASH);
        } flows SEC(".maps");

        /*
         * Two lines of comment {

         * and a third.
         */
        static __always_inline int
        take(struct span *s)
        {
        	return '{' + s->pos; /* } */
        }

        """;

    [Theory]
    [InlineData("LIMIT", "// SPDX\n#define LIMIT 8\n")]
    [InlineData("both", "struct span {\n\tvoid *pos;\n\n\tvoid *end;\n};\n")]
    [InlineData("span", "struct span {\n\tvoid *pos;\n\n\tvoid *end;\n};\n")]
    [InlineData("flows", "struct {\n\t__uint(type, BPF_MAP_TYPE_HASH);\n} flows SEC(\".maps\");\n")]
    [InlineData("take", "/*\n * Two lines of comment {\n\n * and a third.\n */\nstatic __always_inline int\ntake(struct span *s)\n{\n\treturn '{' + s->pos; /* } */\n}\n")]
    [InlineData("LIMIT,flows", "// SPDX\n#define LIMIT 8\n\nstruct {\n\t__uint(type, BPF_MAP_TYPE_HASH);\n} flows SEC(\".maps\");\n")]
    public void A_piece_of_C_is_cut_out_by_name(string name, string expected) => Assert.Equal(expected, Excerpt.Pieces("a.h", C, name));

    [Theory]
    [InlineData("Do", "// Do does.\nfunc Do() {\n\n\tdone(\"}\")\n}\n")]
    [InlineData("T.Do", "func (t *T) Do() {}\n")]
    [InlineData("limits", "const limits = 3\n")]
    public void A_piece_of_Go_is_cut_out_by_name(string name, string expected) =>
        Assert.Equal(expected, Excerpt.Pieces("a.go", "package a\n\nimport (\n\t\"x\"\n\n\t\"y\"\n)\n\n// Do does.\nfunc Do() {\n\n\tdone(\"}\")\n}\n\nfunc (t *T) Do() {}\n\nconst limits = 3\n", name));

    [Theory]
    [InlineData("Makefile", "test", "test: build ## Unit tests\n\tgo test\n")]
    [InlineData("a.sh", "up", "up() {\n\tip link set \"$1\" up\n}\n")]
    public void A_piece_of_a_recipe_is_cut_out_by_name(string file, string name, string expected) =>
        Assert.Equal(expected, Excerpt.Pieces(file, "all: test\n\ntest: build ## Unit tests\n\tgo test\n\nup() {\n\tip link set \"$1\" up\n}\n", name));

    [Fact]
    public void A_name_that_is_not_there_is_refused() => Assert.Throws<FormatException>(() => Excerpt.Pieces("a.h", C, "nothing"));
}
