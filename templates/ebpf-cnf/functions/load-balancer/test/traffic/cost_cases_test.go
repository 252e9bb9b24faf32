// SPDX-License-Identifier: Apache-2.0

package traffic

import "testing"

var costCases = []costCase{
	{name: "no service", args: func(*testing.T) []string { return []string{"--max-flows", "0"} }},
}
