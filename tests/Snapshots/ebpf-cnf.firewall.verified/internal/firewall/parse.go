// SPDX-License-Identifier: Apache-2.0

package firewall

import (
	"errors"
	"fmt"
	"os"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Load reads a policy from a file. Errors name the file and the line.
func Load(path string) (*Policy, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	return Parse(path, content)
}

// Parse reads a policy. A key that means nothing is an error: a misspelt condition must not be one left out.
func Parse(name string, content []byte) (*Policy, error) {
	file, err := parser.ParseBytes(content, 0)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", name, err)
	}
	if len(file.Docs) != 1 {
		return nil, fmt.Errorf("%s: want one document with rules, not %d", name, len(file.Docs))
	}
	policy, err := parsePolicy(file.Docs[0].Body)
	if bad := (*badNode)(nil); errors.As(err, &bad) {
		return nil, fmt.Errorf("%s:%d: %w", name, bad.line, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return policy, nil
}

// badNode is an error that knows where it is.
type badNode struct {
	line int
	err  error
}

func (b *badNode) Error() string { return b.err.Error() }

func (b *badNode) Unwrap() error { return b.err }

// at gives an error the line of a node, unless it has one.
func at(node ast.Node, err error) error {
	if bad := (*badNode)(nil); err == nil || errors.As(err, &bad) {
		return err
	}
	return &badNode{node.GetToken().Position.Line, err}
}

func badf(node ast.Node, format string, args ...any) error {
	return at(node, fmt.Errorf(format, args...))
}

func parsePolicy(body ast.Node) (*Policy, error) {
	policy := &Policy{Stateful: true}
	hasDefault := false
	err := eachPair(body, func(key string, value ast.Node) (err error) {
		switch key {
		case "default":
			hasDefault = true
			policy.Default, err = one(value, parseAction)
		case "stateful":
			policy.Stateful, err = truth(value)
		case "rules":
			policy.Rules, err = parseRules(value)
		default:
			return fmt.Errorf("unknown key %s: want default, stateful or rules", key)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if !hasDefault {
		return nil, errors.New("default is missing: say whether packets that no rule matches are to allow or deny")
	}
	return policy, nil
}

func parseRules(node ast.Node) ([]Rule, error) {
	sequence, ok := node.(*ast.SequenceNode)
	if !ok {
		return nil, badf(node, "rules: want a list")
	}
	if len(sequence.Values) > MaxRules {
		return nil, badf(sequence.Values[MaxRules], "there are %d rules, at most %d are possible: a rule can have lists of prefixes and ports", len(sequence.Values), MaxRules)
	}
	rules, names := []Rule{}, map[string]bool{}
	for _, value := range sequence.Values {
		rule, err := parseRule(value)
		if err != nil {
			return nil, at(value, err)
		}
		if rule.Name != "" && names[rule.Name] {
			return nil, badf(value, "name %s is there twice", rule.Name)
		}
		names[rule.Name] = true
		rules = append(rules, rule)
	}
	return rules, nil
}

// eachPair visits the keys of a mapping.
func eachPair(node ast.Node, visit func(key string, value ast.Node) error) error {
	var pairs []*ast.MappingValueNode
	switch node := node.(type) {
	case *ast.MappingNode:
		pairs = node.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{node}
	case nil, *ast.NullNode, *ast.CommentGroupNode:
		return errors.New("want keys and values, such as default: deny")
	default:
		return badf(node, "want keys and values, such as default: deny")
	}
	for _, pair := range pairs {
		key := pair.Key.GetToken().Value
		if err := visit(key, pair.Value); err != nil {
			return at(pair.Key, err)
		}
	}
	return nil
}

// list parses a list of values, or a single one. An empty list would silently ask for nothing.
func list[T any](node ast.Node, parse func(string) (T, error)) ([]T, error) {
	sequence, ok := node.(*ast.SequenceNode)
	if !ok {
		value, err := one(node, parse)
		return []T{value}, err
	}
	if len(sequence.Values) == 0 {
		return nil, badf(node, "the list is empty: leave the key out if everything is to match")
	}
	values := make([]T, 0, len(sequence.Values))
	for _, item := range sequence.Values {
		value, err := one(item, parse)
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, nil
}

// one parses a single value. Its text is what the file says: 0x50 is no port.
func one[T any](node ast.Node, parse func(string) (T, error)) (T, error) {
	var none T
	switch _, ok := node.(ast.ScalarNode); {
	case node.Type() == ast.MappingType || node.Type() == ast.MappingValueType:
		return none, badf(node, "want a value, not keys and values; within braces, an IPv6 address needs quotes")
	case !ok || node.Type() == ast.NullType:
		return none, badf(node, "want a value")
	}
	value, err := parse(node.GetToken().Value)
	return value, at(node, err)
}

func truth(node ast.Node) (bool, error) {
	value, ok := node.(*ast.BoolNode)
	if !ok {
		return false, badf(node, "want true or false")
	}
	return value.Value, nil
}
