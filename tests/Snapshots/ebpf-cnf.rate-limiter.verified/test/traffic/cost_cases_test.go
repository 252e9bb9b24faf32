// SPDX-License-Identifier: Apache-2.0

package traffic

import "testing"

var costCases = []costCase{
	{name: "no limit", args: limited("--rate", "0")},
	{name: "all pass, 65,536 buckets", args: limited("--rate", "100gpps", "--buckets", "65536")},
	{name: "all pass, 1,048,576 buckets", args: limited("--rate", "100gpps", "--buckets", "1048576")},
	{name: "all pass, per flow", args: limited("--rate", "100gpps", "--buckets", "65536", "--per", "flow")},
	{name: "all are dropped", args: limited("--rate", "1pps", "--ipv4-prefix", "0"), dropped: 1},
}

func limited(flags ...string) func(*testing.T) []string {
	return func(*testing.T) []string { return append([]string{"--max-flows", "0"}, flags...) }
}
