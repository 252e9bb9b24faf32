// SPDX-License-Identifier: Apache-2.0

package traffic

// functionTests are those that make test-kernels runs for this function.
var functionTests = []string{
	"TestBucketsSurviveRestarts",
	"TestBurstArrivesAndTheRestIsDropped",
	"TestReloadKeepsBuckets",
}
