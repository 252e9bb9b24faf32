// SPDX-License-Identifier: Apache-2.0

package balancer

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
)

const heaviestWeight = 1000

// valueError is an error in the value at a path.
type valueError struct {
	path  string
	cause error
}

func (e *valueError) Error() string { return fmt.Sprintf("%s: %v", e.path, e.cause) }

func wrong(path, format string, args ...any) error {
	return &valueError{path, fmt.Errorf(format, args...)}
}

func validate(list []fileService) ([]Service, error) {
	names, endpoints := map[string]bool{}, map[Endpoint]bool{}
	services := make([]Service, 0, len(list))
	for i, entry := range list {
		path := fmt.Sprintf("$.services[%d]", i)
		service, err := entry.service(path)
		if err != nil {
			return nil, err
		}
		if names[service.Name] {
			return nil, wrong(path+".name", "name %s is there twice", service.Name)
		}
		if endpoints[service.Endpoint] {
			return nil, wrong(path, "%s is there twice", service.Endpoint)
		}
		names[service.Name], endpoints[service.Endpoint] = true, true
		services = append(services, service)
	}
	return services, nil
}

func (f fileService) service(path string) (Service, error) {
	service := Service{Name: f.Name, Forward: Mode(f.Forward)}
	var err error
	if service.Address, err = address(path+".address", f.Address); err != nil {
		return service, err
	}
	if service.Port, err = port(path+".port", f.Port); err != nil {
		return service, err
	}
	switch f.Protocol {
	case "tcp":
		service.Protocol = TCP
	case "udp":
		service.Protocol = UDP
	default:
		return service, wrong(path+".protocol", "protocol %q: want tcp or udp", f.Protocol)
	}
	if f.Name == "" {
		return service, wrong(path, "the service has no name")
	}
	if service.Forward != L2 && service.Forward != IPIP {
		return service, wrong(path+".forward", "forward %q: want l2 or ipip", f.Forward)
	}
	if f.Check != nil {
		if service.Check, err = f.Check.check(path+".check", service); err != nil {
			return service, err
		}
	}
	service.Backends, err = backends(path+".backends", f.Backends, service)
	return service, err
}

func backends(path string, list []fileBackend, service Service) ([]Backend, error) {
	if len(list) == 0 {
		return nil, wrong(path, "service %s has no backends", service.Name)
	}
	known := map[netip.Addr]bool{}
	backends := make([]Backend, 0, len(list))
	for i, entry := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		backend, err := entry.backend(at)
		if err != nil {
			return nil, err
		}
		if known[backend.Address] {
			return nil, wrong(at+".address", "backend %s is there twice", backend.Address)
		}
		if service.Forward == L2 && backend.Address.Is4() != service.Address.Is4() {
			return nil, wrong(at+".address", "backend %s and address %s are of different IP versions: forward l2 does not translate", backend.Address, service.Address)
		}
		known[backend.Address] = true
		backends = append(backends, backend)
	}
	return backends, nil
}

func (f fileBackend) backend(path string) (Backend, error) {
	backend := Backend{Weight: 1}
	var err error
	if backend.Address, err = address(path+".address", f.Address); err != nil {
		return backend, err
	}
	if f.Weight != nil {
		backend.Weight = *f.Weight
	}
	if backend.Weight < 0 || backend.Weight > heaviestWeight {
		return backend, wrong(path+".weight", "weight %d: want 0 to %d", backend.Weight, heaviestWeight)
	}
	if f.MAC == "" {
		return backend, nil
	}
	if backend.MAC, err = net.ParseMAC(f.MAC); err != nil || len(backend.MAC) != 6 {
		return backend, wrong(path+".mac", "mac %q: want an address such as 02:00:00:00:00:01", f.MAC)
	}
	return backend, nil
}

func (f fileCheck) check(path string, service Service) (*Check, error) {
	check := &Check{Type: f.Type, Port: service.Port, Path: f.Path, Interval: f.Interval, Timeout: f.Timeout, Rise: f.Rise, Fall: f.Fall}
	if check.Type != "tcp" && check.Type != "http" {
		return nil, wrong(path+".type", "type %q: want tcp or http", check.Type)
	}
	if f.Port != 0 || service.Protocol == UDP {
		var err error
		if check.Port, err = port(path+".port", f.Port); err != nil {
			return nil, err
		}
	}
	if check.Type == "http" && check.Path == "" {
		check.Path = "/"
	}
	return check, check.complete(path)
}

// complete takes defaults for what was left out.
func (c *Check) complete(path string) error {
	if c.Interval == 0 {
		c.Interval = 2 * time.Second
	}
	if c.Timeout == 0 {
		c.Timeout = min(time.Second, c.Interval)
	}
	if c.Rise == 0 {
		c.Rise = 2
	}
	if c.Fall == 0 {
		c.Fall = 3
	}
	switch {
	case c.Interval < shortestInterval:
		return wrong(path+".interval", "interval %s: want %s or more", c.Interval, shortestInterval)
	case c.Timeout < 0 || c.Timeout > c.Interval:
		return wrong(path+".timeout", "timeout %s: want no more than the interval, %s", c.Timeout, c.Interval)
	case c.Rise < 0:
		return wrong(path+".rise", "rise %d: want 1 or more", c.Rise)
	case c.Fall < 0:
		return wrong(path+".fall", "fall %d: want 1 or more", c.Fall)
	case c.Type == "http" && c.Path[0] != '/':
		return wrong(path+".path", "path %q: want one that begins with /", c.Path)
	case c.Type == "tcp" && c.Path != "":
		return wrong(path+".path", "path is for checks of type http")
	}
	return nil
}

func address(path, text string) (netip.Addr, error) {
	if text == "" {
		return netip.Addr{}, wrong(path, "the address is missing")
	}
	parsed, err := netip.ParseAddr(text)
	if err == nil && (parsed.Zone() != "" || parsed.Is4In6() || parsed.IsMulticast() || parsed.IsUnspecified()) {
		err = errors.New("no address of one machine")
	}
	if err != nil {
		return netip.Addr{}, wrong(path, "address %q: want an IPv4 or IPv6 address", text)
	}
	return parsed, nil
}

func port(path string, number int) (uint16, error) {
	if number < 1 || number > 65535 {
		return 0, wrong(path, "port %d: want 1 to 65535", number)
	}
	return uint16(number), nil
}
