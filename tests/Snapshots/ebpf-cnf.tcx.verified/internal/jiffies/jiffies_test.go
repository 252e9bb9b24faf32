// SPDX-License-Identifier: Apache-2.0

package jiffies

import (
	"testing"
	"time"
)

func TestClockIsOfAKnownKernelAndGoesOn(t *testing.T) {
	now, length, err := Now()
	if err != nil {
		t.Fatal(err)
	}
	if hertz := int(time.Second / length); hertz < 24 || hertz > 1200 {
		t.Errorf("the kernel ticks every %s", length)
	}
	const pause = 300 * time.Millisecond
	time.Sleep(pause)
	later, _, err := Now()
	if err != nil {
		t.Fatal(err)
	}
	if passed := time.Duration(later-now) * length; passed < pause-2*userTick || passed > 20*pause {
		t.Errorf("%d ticks of %s passed in %s", later-now, length, pause)
	}
}
