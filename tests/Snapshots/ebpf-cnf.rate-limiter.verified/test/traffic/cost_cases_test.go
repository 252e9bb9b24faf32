// SPDX-License-Identifier: Apache-2.0

package traffic

import "testing"

var costCases = []costCase{
	{name: "no limit", args: limited("--rate", "0")},
	{name: "all pass", args: limited("--rate", "100gpps", "--buckets", "131072")},
	{name: "all pass, per flow", args: limited("--rate", "100gpps", "--buckets", "131072", "--per", "flow")},
	{name: "all are dropped", args: limited("--rate", "1pps", "--ipv4-prefix", "0"), dropped: 1},
}

func limited(flags ...string) func(*testing.T) []string {
	return func(*testing.T) []string { return append([]string{"--max-flows", "0"}, flags...) }
}
