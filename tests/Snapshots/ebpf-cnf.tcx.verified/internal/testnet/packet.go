// SPDX-License-Identifier: Apache-2.0

package testnet

import (
	"errors"
	"fmt"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Frame is a packet that passed a device.
type Frame struct {
	Data     []byte
	Outgoing bool
	// Tag is the VLAN tag that travelled beside the packet.
	Tag    uint16
	Tagged bool
}

// Tap records every packet that enters or leaves a device, as an observer that
// shares no code with the program under test.
type Tap struct {
	t      testing.TB
	socket int
	frames []Frame
}

// receiveBuffer holds all packets of a test: nobody reads while they pass.
const receiveBuffer = 32 << 20

// Tap starts recording.
func (e End) Tap(t testing.TB) *Tap {
	t.Helper()
	socket, err := e.packetSocket(t, unix.ETH_P_ALL)
	if err == nil {
		err = errors.Join(
			unix.SetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBuffer),
			unix.SetsockoptInt(socket, unix.SOL_PACKET, unix.PACKET_AUXDATA, 1))
	}
	if err != nil {
		t.Fatalf("record packets of %s: %v", e.Name, err)
	}
	return &Tap{t: t, socket: socket}
}

// Frames returns what was recorded so far.
func (p *Tap) Frames() []Frame {
	p.t.Helper()
	data, control := make([]byte, 1<<17), make([]byte, 256)
	for {
		n, oobn, _, from, err := unix.Recvmsg(p.socket, data, control, unix.MSG_DONTWAIT)
		if errors.Is(err, unix.EAGAIN) {
			break
		}
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			p.t.Fatalf("read recorded packets: %v", err)
		}
		frame := Frame{Data: append([]byte(nil), data[:n]...)}
		if address, ok := from.(*unix.SockaddrLinklayer); ok {
			frame.Outgoing = address.Pkttype == unix.PACKET_OUTGOING
		}
		frame.Tag, frame.Tagged = vlanTag(control[:oobn])
		p.frames = append(p.frames, frame)
	}

	stats, err := unix.GetsockoptTpacketStats(p.socket, unix.SOL_PACKET, unix.PACKET_STATISTICS)
	if err != nil || stats.Drops > 0 {
		p.t.Fatalf("record packets: %d lost, %v", stats.Drops, err)
	}
	return p.frames
}

func vlanTag(control []byte) (uint16, bool) {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return 0, false
	}
	for _, message := range messages {
		if message.Header.Level != unix.SOL_PACKET || message.Header.Type != unix.PACKET_AUXDATA ||
			len(message.Data) < int(unsafe.Sizeof(unix.TpacketAuxdata{})) {
			continue
		}
		aux := (*unix.TpacketAuxdata)(unsafe.Pointer(&message.Data[0]))
		return aux.Vlan_tci, aux.Status&unix.TP_STATUS_VLAN_VALID != 0
	}
	return 0, false
}

// Inject sends frames as they are. They leave through the device, so they arrive at
// the other end.
func (e End) Inject(t testing.TB, frames ...[]byte) {
	t.Helper()
	socket, err := e.packetSocket(t, 0)
	if err != nil {
		t.Fatalf("open packet socket on %s: %v", e.Name, err)
	}
	for _, frame := range frames {
		address := &unix.SockaddrLinklayer{Ifindex: e.Link(t, e.Name).Attrs().Index}
		if err := unix.Sendto(socket, frame, 0, address); err != nil {
			t.Fatalf("send frame of %d bytes: %v", len(frame), err)
		}
	}
}

func (e End) packetSocket(t testing.TB, protocol uint16) (int, error) {
	socket := -1
	index := e.Link(t, e.Name).Attrs().Index
	err := e.Do(func() error {
		var err error
		// With the protocol it would hear every device of the namespace until it is bound to this one.
		socket, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		t.Cleanup(func() { unix.Close(socket) })
		if protocol == 0 {
			return nil
		}
		return unix.Bind(socket, &unix.SockaddrLinklayer{Protocol: networkOrder(protocol), Ifindex: index})
	})
	if err != nil {
		return socket, fmt.Errorf("open packet socket: %w", err)
	}
	return socket, nil
}

// networkOrder swaps the bytes: amd64 and arm64 are both little-endian.
func networkOrder(value uint16) uint16 {
	return value<<8 | value>>8
}
