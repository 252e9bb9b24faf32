// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"example.com/my-cnf/internal/testnet"
)

// A router between server and client cannot deliver what a server has sent, and complains to the service's address.
// The complaint must reach the server of that flow, and no other.
func TestICMPErrorsReachTheBackendOfTheirFlow(t *testing.T) {
	for _, version := range []int{4, 6} {
		t.Run(fmt.Sprint("IPv", version), func(t *testing.T) {
			c := newCluster(t, 3)
			c.write(t, option{version: version, protocol: "tcp", mode: "l2", weights: equal(3, 1)})
			p := c.start(t)
			sessions, byServer := c.sessions(t, version, firstPort, 15)
			if len(byServer) != 3 {
				t.Fatalf("connections by server: %v", byServer)
			}
			taps := map[string]*testnet.Tap{}
			for _, s := range c.servers {
				taps[s.name] = s.Tap(t)
			}
			for _, s := range sessions {
				c.client.Inject(t, c.complaint(version, s.port))
			}
			// One about a flow of another service passes.
			c.client.Inject(t, changedPort(c.complaint(version, firstPort), version))
			eventually(t, func() error {
				for _, s := range sessions {
					for name, tap := range taps {
						got := copies(tap.Frames(), c.complaint(version, s.port)[14:])
						if want := map[bool]int{true: 1}[name == s.server]; got != want {
							return fmt.Errorf("%s got %d complaints about port %d of %s, want %d", name, got, s.port, s.server, want)
						}
					}
				}
				return nil
			})
			for name, tap := range taps {
				if got := copies(tap.Frames(), changedPort(c.complaint(version, firstPort), version)[14:]); got > 0 {
					t.Errorf("%s got a complaint about somebody else's flow", name)
				}
			}
			mustTalk(t, sessions, "after the complaints")
			p.stop()
		})
	}
}

func copies(frames []testnet.Frame, packet []byte) (n int) {
	for _, f := range frames {
		if len(f.Data) > 14 && bytes.Equal(f.Data[14:], packet) {
			n++
		}
	}
	return n
}

// complaint says that a server's packet to a port of the client is too big. The kernel of a server ignores it, for the
// sequence number is none that it has sent: what counts here is where it goes.
func (c *cluster) complaint(version, port int) []byte {
	service, client := serviceAddress[version].AsSlice(), c.client.Address(version).AsSlice()
	ports := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, servicePort), uint16(port))
	quoted := append(ports, make([]byte, 16)...)
	frame := slices.Concat([]byte(c.balancer.MAC), []byte(c.client.MAC))
	if version == 4 {
		quoted = slices.Concat([]byte{0x45, 0, 0x05, 0xdc, 0, 1, 0x40, 0, 60, 6, 0, 0}, service, client, quoted)
		header := ipv4Header(byte(20+8+len(quoted)), 1, client, service)
		icmp := append([]byte{3, 4, 0, 0, 0, 0, 0x05, 0x14}, quoted...)
		return slices.Concat(frame, []byte{8, 0}, header, icmp)
	}
	quoted = slices.Concat([]byte{0x60, 0, 0, 0, 0x05, 0xb4, 6, 60}, service, client, quoted)
	icmp := append([]byte{2, 0, 0, 0, 0, 0, 0x05, 0x14}, quoted...)
	header := slices.Concat([]byte{0x60, 0, 0, 0, 0, byte(len(icmp)), 58, 64}, client, service)
	return slices.Concat(frame, []byte{0x86, 0xdd}, header, icmp)
}

func ipv4Header(length, protocol byte, source, destination []byte) []byte {
	header := slices.Concat([]byte{0x45, 0, 0, length, 0, 1, 0, 0, 64, protocol, 0, 0}, source, destination)
	sum := uint32(0)
	for i := 0; i < len(header); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(header[i:]))
	}
	sum = sum>>16 + sum&0xffff
	binary.BigEndian.PutUint16(header[10:], ^uint16(sum+sum>>16))
	return header
}

// changedPort makes the quoted packet one of another service.
func changedPort(complaint []byte, version int) []byte {
	complaint[14+map[int]int{4: 20 + 8 + 20, 6: 40 + 8 + 40}[version]]++
	return complaint
}
