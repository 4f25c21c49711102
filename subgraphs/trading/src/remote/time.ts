/** Time as a remote party's client needs it: an argument, so that tests own it. */
export interface Time {
  /** Milliseconds since the epoch; never goes back, may have a fraction. */
  now(): number;
  /** Calls back once after a while; returns the way out. */
  after(delayMs: number, callback: () => void): () => void;
}

/** The machine's time, read so that a corrected clock does not disturb what was begun. */
export const machineTime: Time = {
  now: () => performance.timeOrigin + performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
