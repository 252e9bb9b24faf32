// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"example.com/my-cnf/internal/testnet"
)

// What comes from a device without Ethernet header, such as a tunnel, gets one on its way to a backend.
func TestClientsBehindADeviceWithoutEthernetHeader(t *testing.T) {
	for _, mode := range []string{"l2", "ipip"} {
		t.Run(mode, func(t *testing.T) {
			c := newCluster(t, 1)
			near, far, err := testnet.Tun(t, c.balancer.Namespace)
			if err != nil {
				skipUnlessOlder(t, 0, 0, "CONFIG_TUN", err)
			}
			c.write(t, option{version: 4, protocol: "udp", mode: mode, weights: equal(1, 1)})
			p := c.start(t, "--interface", near.Name)
			recorded := c.servers[0].Tap(t)

			service := serviceAddress[4].AsSlice()
			datagram := []byte{0x9c, 0x41, servicePort >> 8, servicePort & 0xff, 0, 12, 0, 0, 't', 'e', 's', 't'}
			packet := append(ipv4Header(32, 17, []byte{10, 77, 0, 5}, service), datagram...)
			if _, err := far.Write(packet); err != nil {
				t.Fatal(err)
			}
			want := slices.Concat([]byte(c.servers[0].MAC), []byte(c.balancer.MAC), []byte{8, 0}, packet)
			eventually(t, func() error {
				for _, f := range recorded.Frames() {
					if mode == "l2" && bytes.Equal(f.Data, want) {
						return nil
					}
					// An outer header comes between the Ethernet header and the packet.
					if outer := len(f.Data) - len(want); mode == "ipip" && outer == 20 && f.Data[23] == 4 &&
						bytes.Equal(f.Data[:14], want[:14]) && bytes.Equal(f.Data[34:], packet) {
						return nil
					}
				}
				return fmt.Errorf("the server did not get %x", want)
			})
			p.stop()
		})
	}
}
