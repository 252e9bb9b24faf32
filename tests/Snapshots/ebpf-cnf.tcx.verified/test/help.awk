# SPDX-License-Identifier: Apache-2.0
#
# Lists a Makefile's targets: those with a comment after ##, under headings after ##@.

/^##@ / { printf "\n%s\n", substr($0, 5) }

/^[a-z][a-z-]*:.*## / {
	split($0, parts, /:.*## /)
	printf "  %-16s %s\n", parts[1], parts[2]
}
