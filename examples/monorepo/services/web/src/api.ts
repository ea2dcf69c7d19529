export interface Reading {
  station: string;
  time: string;
  level_cm: number;
}

export async function fetchLatest(signal?: AbortSignal): Promise<Reading[]> {
  const response = await fetch('/api/latest', { signal });
  if (!response.ok) {
    throw new Error(`the API answered ${response.status}`);
  }
  return (await response.json()) as Reading[];
}

/** A gauge reports every 15 minutes; two missed reports make it stale. */
export function isStale(reading: Reading, now: Date): boolean {
  const age = now.getTime() - new Date(reading.time).getTime();
  return age > 45 * 60 * 1000;
}
