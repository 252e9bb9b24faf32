# SPDX-License-Identifier: Apache-2.0

##@ systemd

PREFIX ?= /usr

.PHONY: install
install: ## Install the binary, its systemd unit and its settings; DESTDIR is honoured
	install -D -m 0755 cnf-template $(DESTDIR)$(PREFIX)/bin/cnf-template
	install -D -m 0644 deploy/systemd/cnf-template.service $(DESTDIR)$(PREFIX)/lib/systemd/system/cnf-template.service
	install -D -m 0644 deploy/systemd/cnf-template.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/cnf-template.conf
	test -e $(DESTDIR)/etc/cnf-template.yaml || \
		install -D -m 0644 deploy/systemd/cnf-template.yaml $(DESTDIR)/etc/cnf-template.yaml

.PHONY: uninstall
uninstall: ## Remove what install has installed, except for the settings
	rm -f $(DESTDIR)$(PREFIX)/bin/cnf-template \
		$(DESTDIR)$(PREFIX)/lib/systemd/system/cnf-template.service \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d/cnf-template.conf
