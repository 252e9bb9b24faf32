# SPDX-License-Identifier: Apache-2.0

##@ Kubernetes

KUBECTL ?= kubectl
OVERLAY ?= base
IMAGE ?= my-cnf:$(VERSION)

# Made here, with the image in it, so that no file under version control changes.
.PHONY: kustomization
kustomization:
	@mkdir -p build/kubernetes
	@image='$(IMAGE)'; [[ $${image##*/} == *:* ]] || { echo "IMAGE=$$image lacks a tag" >&2; exit 1; }; \
	printf 'resources: [../../deploy/kubernetes/%s]\nimages: [{name: my-cnf, newName: "%s", newTag: "%s"}]\n' \
		'$(OVERLAY)' "$${image%:*}" "$${image##*:}" > build/kubernetes/kustomization.yaml

.PHONY: manifests
manifests: kustomization ## Print the Kubernetes manifests of OVERLAY (base, overlays/prometheus, overlays/demo) with IMAGE
	@$(KUBECTL) kustomize build/kubernetes

.PHONY: deploy
deploy: kustomization ## Apply them to the current cluster
	$(KUBECTL) apply -k build/kubernetes

.PHONY: undeploy
undeploy: kustomization ## Delete them; what on-exit: keep left attached on the nodes stays
	$(KUBECTL) delete -k build/kubernetes
