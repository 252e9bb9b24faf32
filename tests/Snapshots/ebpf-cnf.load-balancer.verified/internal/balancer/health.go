// SPDX-License-Identifier: Apache-2.0

package balancer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// shortestInterval is how often a check may be made at most.
const shortestInterval = 100 * time.Millisecond

// Health is what checks have found out about a backend. It changes its mind only after several results in a row.
type Health struct {
	Up bool
	// streak counts results in a row that say otherwise.
	streak int
	// Reason is why the last check failed.
	Reason error
	// Failures counts failed checks.
	Failures uint64
}

// NewHealth trusts a backend until checks say otherwise: after a restart nobody is turned away.
func NewHealth() Health { return Health{Up: true} }

// Record takes the result of a check, and tells whether the backend came or went by it.
func (h *Health) Record(check *Check, result error) (changed bool) {
	if result != nil {
		h.Reason = result
		h.Failures++
	}
	if (result == nil) == h.Up {
		h.streak = 0
		return false
	}
	needed := check.Rise
	if h.Up {
		needed = check.Fall
	}
	if h.streak++; h.streak < needed {
		return false
	}
	h.Up, h.streak = !h.Up, 0
	return true
}

// Probe makes one check of a backend.
func (c *Check) Probe(ctx context.Context, address netip.Addr) error {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	target := netip.AddrPortFrom(address, c.Port).String()
	if c.Type == "http" {
		return probeHTTP(ctx, "http://"+target+c.Path)
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", target)
	if err != nil {
		return err
	}
	return reset(conn)
}

// reset ends a connection that carried nothing without leaving it in TIME_WAIT.
func reset(conn net.Conn) error {
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	return conn.Close()
}

// prober opens a connection for each request, as clients do, and follows no redirect.
var prober = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true, Proxy: nil},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

const longestAnswer = 64 << 10

func probeHTTP(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	request.Header.Set("User-Agent", "my-cnf")
	response, err := prober.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(response.Body, longestAnswer)); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	if response.StatusCode >= http.StatusBadRequest {
		return errors.New("the answer is " + response.Status)
	}
	return nil
}
