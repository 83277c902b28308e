/** What the server tells of the run that it follows. */
export interface RunState {
  /** Finished so far. */
  readonly trials: number;
  /** Those that failed when they were last tried, each with a line that says why. */
  readonly failed: readonly { readonly id: string; readonly message: string }[];
  /** When the report was written, in milliseconds since 1970; null where there is none yet. */
  readonly report: number | null;
}

/** `outlast serve` is on this machine; other servers know of no run. */
const LOCAL = ['localhost', '127.0.0.1', '[::1]'];

/** Follows the run of `outlast serve RUN`, where that is the server. @returns what ends it */
export function followServed(tell: (state: RunState) => void): () => void {
  let events: EventSource | undefined;
  let ended = false;
  async function follow() {
    const response = await fetch('run/state');
    if (ended || !response.ok || (await response.json()) === null) return;
    events = new EventSource('run/events');
    events.onmessage = ({ data }: MessageEvent<string>) => tell(JSON.parse(data));
  }
  if (LOCAL.includes(location.hostname)) void follow().catch(() => {});
  return () => {
    ended = true;
    events?.close();
  };
}
