// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var nftCounter = regexp.MustCompile(`counter packets (\d+)`)

// nftPath drops at near's device, by nftables at its ingress. The rule counts; sets are what it needs besides.
func nftPath(t *testing.T, flows uint32, sets, rule string) path {
	t.Helper()
	b := vethBench(t)
	nft(t, b, fmt.Sprintf("table netdev bench {\n%s\nchain ingress {\ntype filter hook ingress device %q priority 0\n%s\n}\n}\n", sets, b.near.Name, rule),
		"-f", "-")
	return path{intoStack(t, b, flows), func() float64 {
		counted := nftCounter.FindStringSubmatch(nft(t, b, "", "list", "chain", "netdev", "bench", "ingress"))
		if counted == nil {
			t.Fatal("nft shows no counter")
		}
		packets, err := strconv.ParseFloat(counted[1], 64)
		must(t, err)
		return packets
	}}
}

func nft(t *testing.T, b *bench, input string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "nft", args...)
	command.Stdin = strings.NewReader(input)
	var output []byte
	err := b.inside().Do(func() (err error) {
		output, err = command.CombinedOutput()
		return err
	})
	if err != nil {
		t.Fatalf("nft %s: %v\n%s", strings.Join(args, " "), err, output)
	}
	return string(output)
}
