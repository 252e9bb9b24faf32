// SPDX-License-Identifier: Apache-2.0

package balancer

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// What the file looks like. Everything that can be wrong is a string here, so that the
// error can say what was written.
type (
	fileServices struct {
		Services []fileService `yaml:"services"`
	}
	fileService struct {
		Name     string        `yaml:"name"`
		Address  string        `yaml:"address"`
		Port     int           `yaml:"port"`
		Protocol string        `yaml:"protocol"`
		Forward  string        `yaml:"forward"`
		Check    *fileCheck    `yaml:"check"`
		Backends []fileBackend `yaml:"backends"`
	}
	fileCheck struct {
		Type     string        `yaml:"type"`
		Port     int           `yaml:"port"`
		Path     string        `yaml:"path"`
		Interval time.Duration `yaml:"interval"`
		Timeout  time.Duration `yaml:"timeout"`
		Rise     int           `yaml:"rise"`
		Fall     int           `yaml:"fall"`
	}
	fileBackend struct {
		Address string `yaml:"address"`
		Weight  *int   `yaml:"weight"`
		MAC     string `yaml:"mac"`
	}
)

// Load reads services from a file. An error names the file and the line.
func Load(path string) ([]Service, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read services: %w", err)
	}
	services, err := parse(content)
	if place := (*placeError)(nil); errors.As(err, &place) {
		return nil, fmt.Errorf("%s:%d: %w", path, place.line, place.cause)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return services, nil
}

// placeError is an error at a line.
type placeError struct {
	line  int
	cause error
}

func (e *placeError) Error() string { return fmt.Sprintf("line %d: %v", e.line, e.cause) }

func (e *placeError) Unwrap() error { return e.cause }

func parse(content []byte) ([]Service, error) {
	var written fileServices
	file, err := parser.ParseBytes(content, 0)
	if err == nil {
		err = yaml.UnmarshalWithOptions(content, &written, yaml.Strict())
	}
	if place := yaml.Error(nil); errors.As(err, &place) {
		return nil, &placeError{place.GetToken().Position.Line, errors.New(place.GetMessage())}
	}
	if err != nil {
		return nil, err
	}
	services, err := validate(written.Services)
	if wrong := (*valueError)(nil); errors.As(err, &wrong) {
		return nil, &placeError{lineOf(file, wrong.path), wrong.cause}
	}
	return services, err
}

// lineOf is the line of a value, or of the nearest thing around it that is there.
func lineOf(file *ast.File, path string) int {
	for ; path != "$"; path = path[:strings.LastIndexAny(path, ".[")] {
		query, err := yaml.PathString(path)
		if err != nil {
			continue
		}
		if node, err := query.FilterFile(file); err == nil {
			return node.GetToken().Position.Line
		}
	}
	return 1
}
