// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/spf13/pflag"
)

// entry is one key of the file.
type entry struct {
	line   int
	values []string
}

// readFile returns the keys of the file. A key that is no flag is an error: a misspelt setting
// must not be a setting left out.
func readFile(flags *pflag.FlagSet, path string) (map[string]entry, error) {
	if path == "" {
		return nil, nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read --config file: %w", err)
	}
	file, err := parser.ParseBytes(content, 0)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", path, err)
	}
	entries := map[string]entry{}
	for _, document := range file.Docs {
		pairs, err := keys(document.Body)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		for _, pair := range pairs {
			if err := addEntry(entries, flags, pair); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", path, pair.Key.GetToken().Position.Line, err)
			}
		}
	}
	return entries, nil
}

// keys returns the pairs of a document. An empty one has none.
func keys(body ast.Node) ([]*ast.MappingValueNode, error) {
	switch node := body.(type) {
	case nil, *ast.NullNode, *ast.CommentGroupNode:
		return nil, nil
	case *ast.MappingNode:
		return node.Values, nil
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{node}, nil
	}
	return nil, errors.New("want keys and values, such as max-flows: 65536")
}

func addEntry(entries map[string]entry, flags *pflag.FlagSet, pair *ast.MappingValueNode) error {
	name := pair.Key.GetToken().Value
	if flags.Lookup(name) == nil || slices.Contains(commandLineOnly, name) {
		return fmt.Errorf("unknown key %s: keys are the names of the flags of run", name)
	}
	if _, ok := entries[name]; ok {
		return fmt.Errorf("key %s is there twice", name)
	}
	list, err := scalars(pair.Value)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	entries[name] = entry{pair.Key.GetToken().Position.Line, list}
	return nil
}

// scalars returns one value, or those of a list.
func scalars(node ast.Node) ([]string, error) {
	switch node := node.(type) {
	case *ast.SequenceNode:
		list := []string{}
		for _, value := range node.Values {
			one, err := scalars(value)
			if err != nil {
				return nil, err
			}
			list = append(list, one...)
		}
		return list, nil
	case *ast.NullNode:
		return nil, errors.New("the value is missing")
	case ast.ScalarNode:
		return []string{fmt.Sprint(node.GetValue())}, nil
	}
	return nil, errors.New("want a value or a list of values")
}
