import { useEffect, useState } from 'preact/hooks';
import { fetchLatest, isStale, type Reading } from './api';

const REFRESH_MS = 60_000;

export function Levels() {
  const [readings, setReadings] = useState<Reading[]>([]);
  const [error, setError] = useState<string | null>(null);

  useEffect(() => {
    const controller = new AbortController();

    async function refresh() {
      try {
        setReadings(await fetchLatest(controller.signal));
        setError(null);
      } catch (cause) {
        if (!controller.signal.aborted) {
          setError(cause instanceof Error ? cause.message : String(cause));
        }
      }
    }

    void refresh();
    const timer = setInterval(refresh, REFRESH_MS);
    return () => {
      clearInterval(timer);
      controller.abort();
    };
  }, []);

  const now = new Date();
  return (
    <>
      <h1>Gauges</h1>
      {error !== null && <p class="error">No fresh data: {error}</p>}
      <table>
        <thead>
          <tr>
            <th>Station</th>
            <th>Level (cm)</th>
            <th>Time</th>
          </tr>
        </thead>
        <tbody>
          {readings.map((reading) => (
            <tr key={reading.station} class={isStale(reading, now) ? 'stale' : ''}>
              <td>{reading.station}</td>
              <td class="level">{reading.level_cm}</td>
              <td>{new Date(reading.time).toLocaleString()}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
