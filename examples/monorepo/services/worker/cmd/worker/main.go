// Command worker polls the API and writes one JSON line for each alert.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"

	"example.org/gauges/worker/internal/alert"
)

type config struct {
	PollSeconds int            `json:"poll_seconds"`
	Stations    map[string]int `json:"stations"`
}

func main() {
	path := flag.String("config", "thresholds.json", "file with the thresholds")
	flag.Parse()

	cfg, err := readConfig(*path)
	if err != nil {
		log.Fatalf("worker: %v", err)
	}
	api := os.Getenv("API_URL")
	if api == "" {
		api = "http://localhost:3000"
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	run(ctx, strings.TrimRight(api, "/")+"/latest", cfg)
}

func readConfig(path string) (config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return config{}, err
	}
	var cfg config
	if err := json.Unmarshal(data, &cfg); err != nil {
		return config{}, fmt.Errorf("%s: %w", path, err)
	}
	if cfg.PollSeconds < 1 {
		return config{}, fmt.Errorf("%s: poll_seconds must be 1 or more", path)
	}
	return cfg, nil
}

func run(ctx context.Context, url string, cfg config) {
	tracker := alert.NewTracker(cfg.Stations, uuid.NewString)
	out := json.NewEncoder(os.Stdout)
	ticker := time.NewTicker(time.Duration(cfg.PollSeconds) * time.Second)
	defer ticker.Stop()

	for {
		readings, err := fetch(ctx, url)
		if err != nil {
			log.Printf("worker: %v", err)
		}
		for _, event := range tracker.Update(readings) {
			if err := out.Encode(event); err != nil {
				log.Fatalf("worker: %v", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func fetch(ctx context.Context, url string) ([]alert.Reading, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", url, resp.Status)
	}
	var readings []alert.Reading
	if err := json.NewDecoder(resp.Body).Decode(&readings); err != nil {
		return nil, fmt.Errorf("%s: %w", url, err)
	}
	return readings, nil
}
