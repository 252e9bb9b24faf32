# SPDX-License-Identifier: Apache-2.0
#
# Reads what a Go test binary prints with -test.v, and passes on all but the tests that
# passed. No test at all is a failure.

/^=== / { next }
/^ *--- PASS/ { passed++; next }
/^ *--- FAIL/ { failed++ }
/^ *--- SKIP/ { skipped++ }
{ print; fflush() }

END {
	printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
	if (passed + failed + skipped == 0) {
		print "no tests ran"
		exit 1
	}
}
