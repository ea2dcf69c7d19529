package alert

import (
	"testing"
	"time"
)

func reading(station string, level int) Reading {
	return Reading{Station: station, Time: time.Unix(1709272800, 0).UTC(), LevelCM: level}
}

func TestAnEventOnlyWhenTheStateChanges(t *testing.T) {
	tracker := NewTracker(map[string]int{"SKJ01": 430}, func() string { return "id" })

	steps := []struct {
		level  int
		events int
		raised bool
	}{
		{429, 0, false},
		{430, 1, true},
		{470, 0, false},
		{429, 1, false},
	}
	for _, step := range steps {
		events := tracker.Update([]Reading{reading("SKJ01", step.level)})
		if len(events) != step.events {
			t.Fatalf("level %d: %d events, want %d", step.level, len(events), step.events)
		}
		if step.events == 1 && events[0].Raised != step.raised {
			t.Errorf("level %d: raised = %v, want %v", step.level, events[0].Raised, step.raised)
		}
	}
}

func TestAStationWithoutThresholdIsQuiet(t *testing.T) {
	tracker := NewTracker(nil, func() string { return "id" })
	if events := tracker.Update([]Reading{reading("TVE01", 9999)}); len(events) != 0 {
		t.Errorf("got %v, want nothing", events)
	}
}
