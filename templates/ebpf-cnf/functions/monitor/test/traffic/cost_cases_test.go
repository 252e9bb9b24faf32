// SPDX-License-Identifier: Apache-2.0

package traffic

import "testing"

var costCases = []costCase{
	{name: "totals alone", args: func(*testing.T) []string { return []string{"--max-flows", "0"} }},
	{name: "flow table", args: func(*testing.T) []string { return []string{"--max-flows", "2097152"} }},
}
