// SPDX-License-Identifier: Apache-2.0

package traffic

var comparisons = []comparison{{costCase: "all pass", peer: "hash, spin lock and ktime", object: "rate-limiter"}}
