// SPDX-License-Identifier: Apache-2.0

package traffic

var comparisons = []comparison{
	{costCase: "all pass, 65,536 buckets", peer: "hash, spin lock and ktime", object: "rate-limiter", room: 1 << 17},
	{costCase: "all pass, 1,048,576 buckets", peer: "hash, spin lock and ktime", object: "rate-limiter", room: 1 << 21},
}
