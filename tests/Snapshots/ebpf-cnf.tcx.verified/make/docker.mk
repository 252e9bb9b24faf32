# SPDX-License-Identifier: Apache-2.0

##@ Image

DOCKER ?= docker
IMAGE ?= my-cnf:$(VERSION)
PLATFORMS ?= linux/amd64,linux/arm64

# The commit's own time, so that the same commit gives the same image.
image_args = --build-arg VERSION=$(VERSION) \
	--build-arg REVISION=$(shell git rev-parse HEAD 2>/dev/null || echo unknown) \
	--build-arg SOURCE_DATE_EPOCH=$(shell git log -1 --format=%ct 2>/dev/null || echo 0)

.PHONY: image
image: ## Build the container image for this machine's architecture
	$(DOCKER) build $(image_args) --tag $(IMAGE) .

.PHONY: image-push
image-push: ## Build the image for amd64 and arm64 and push it as IMAGE
	$(DOCKER) buildx build $(image_args) --platform $(PLATFORMS) \
		--output type=image,name=$(IMAGE),push=true,rewrite-timestamp=true .
