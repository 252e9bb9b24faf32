# SPDX-License-Identifier: Apache-2.0

##@ Kubernetes

KUBECTL ?= kubectl
OVERLAY ?= base
IMAGE ?= cnf-template:$(VERSION)

.PHONY: manifests
# A kustomization made here sets the image, so that no file under version control changes.
manifests: ## Print the Kubernetes manifests of OVERLAY (base, overlays/prometheus, overlays/demo) with IMAGE
	@mkdir -p build/kubernetes
	@image='$(IMAGE)'; printf 'resources: [../../deploy/kubernetes/%s]\nimages: [{name: cnf-template, newName: "%s", newTag: "%s"}]\n' \
		'$(OVERLAY)' "$${image%:*}" "$${image##*:}" > build/kubernetes/kustomization.yaml
	@$(KUBECTL) kustomize build/kubernetes

.PHONY: deploy
deploy: ## Apply them to the current cluster
	@$(MAKE) --no-print-directory manifests | $(KUBECTL) apply -f -

.PHONY: undeploy
undeploy: ## Delete them; what CNF_ON_EXIT=keep left attached on the nodes stays
	@$(MAKE) --no-print-directory manifests | $(KUBECTL) delete -f -
