# SPDX-License-Identifier: Apache-2.0

##@ systemd

PREFIX ?= /usr

.PHONY: install
install: ## Install the binary, its systemd unit and its settings; DESTDIR is honoured
	install -D -m 0755 my-cnf $(DESTDIR)$(PREFIX)/bin/my-cnf
	install -D -m 0644 deploy/systemd/my-cnf.service $(DESTDIR)$(PREFIX)/lib/systemd/system/my-cnf.service
	install -D -m 0644 deploy/systemd/my-cnf.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/my-cnf.conf
	test -e $(DESTDIR)/etc/my-cnf.yaml || \
		install -D -m 0644 deploy/systemd/my-cnf.yaml $(DESTDIR)/etc/my-cnf.yaml

.PHONY: uninstall
uninstall: ## Remove what install has installed, except for the settings
	rm -f $(DESTDIR)$(PREFIX)/bin/my-cnf \
		$(DESTDIR)$(PREFIX)/lib/systemd/system/my-cnf.service \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d/my-cnf.conf
