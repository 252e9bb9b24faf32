// SPDX-License-Identifier: Apache-2.0

package flows

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"text/tabwriter"
	"time"
)

// WriteJSON writes the flows as one array; no flow is an empty array, not null.
func WriteJSON(w io.Writer, list []Flow) error {
	if list == nil {
		list = []Flow{}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(list)
}

// WriteTable writes the flows for people. now is what ages are counted from.
func WriteTable(w io.Writer, list []Flow, now time.Time) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PROTOCOL\tSOURCE\tDESTINATION\tDIRECTION\tVLAN\tPACKETS\tBYTES\tAGE\tIDLE\tFLAGS")
	for _, f := range list {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%d\t%d\t%s\t%s\t%s\n",
			f.Protocol, f.sourceText(), f.destinationText(), f.Direction, dash(f.VLAN != 0, strconv.Itoa(int(f.VLAN))),
			f.Packets, f.Bytes, age(now, f.FirstSeen), age(now, f.LastSeen), dash(f.TCPFlags != 0, f.TCPFlags.String()))
	}
	return table.Flush()
}

func (f Flow) hasPorts() bool {
	return f.Protocol == TCP || f.Protocol == UDP || f.Protocol == SCTP
}

func (f Flow) sourceText() string {
	if !f.hasPorts() {
		return f.Source.String()
	}
	return endpoint(f.Source, f.SourcePort)
}

// destinationText shows type and code of ICMP, which travel in the place of the port.
func (f Flow) destinationText() string {
	switch {
	case f.hasPorts():
		return endpoint(f.Destination, f.DestinationPort)
	case f.Protocol == ICMP || f.Protocol == ICMPv6:
		return fmt.Sprintf("%s type %d code %d", f.Destination, f.DestinationPort>>8, f.DestinationPort&0xff)
	}
	return f.Destination.String()
}

func endpoint(address netip.Addr, port uint16) string {
	return net.JoinHostPort(address.String(), strconv.Itoa(int(port)))
}

func dash(show bool, text string) string {
	if !show {
		return "-"
	}
	return text
}

func age(now, then time.Time) string {
	return max(now.Sub(then), 0).Round(time.Second).String()
}
