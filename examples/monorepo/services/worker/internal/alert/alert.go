// Package alert decides when a gauge level is worth a message.
package alert

import (
	"sort"
	"time"
)

// Reading is one level as the API reports it.
type Reading struct {
	Station string    `json:"station"`
	Time    time.Time `json:"time"`
	LevelCM int       `json:"level_cm"`
}

// Event tells that a station went above its threshold or came back below it.
type Event struct {
	ID        string    `json:"id"`
	Station   string    `json:"station"`
	Time      time.Time `json:"time"`
	LevelCM   int       `json:"level_cm"`
	Threshold int       `json:"threshold_cm"`
	Raised    bool      `json:"raised"`
}

// Tracker remembers which stations are above their threshold.
type Tracker struct {
	thresholds map[string]int
	raised     map[string]bool
	newID      func() string
}

// NewTracker returns a tracker on which no station is raised yet.
func NewTracker(thresholds map[string]int, newID func() string) *Tracker {
	return &Tracker{thresholds: thresholds, raised: map[string]bool{}, newID: newID}
}

// Update takes the latest readings and returns what changed, in the order of
// the stations. A station without a threshold never yields an event.
func (t *Tracker) Update(readings []Reading) []Event {
	var events []Event
	for _, r := range readings {
		threshold, known := t.thresholds[r.Station]
		if !known {
			continue
		}
		above := r.LevelCM >= threshold
		if above == t.raised[r.Station] {
			continue
		}
		t.raised[r.Station] = above
		events = append(events, Event{
			ID:        t.newID(),
			Station:   r.Station,
			Time:      r.Time,
			LevelCM:   r.LevelCM,
			Threshold: threshold,
			Raised:    above,
		})
	}
	sort.Slice(events, func(i, j int) bool { return events[i].Station < events[j].Station })
	return events
}
