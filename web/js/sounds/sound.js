// Soft sounds, for those who ask for them.

/**
 * ready: a pixel may be placed again; placed: some were saved; beckon: somebody shows a place.
 * @typedef {"ready" | "placed" | "beckon"} Sound
 */

/** Notes: Hz, s from the beginning. @type {Record<Sound, {notes: [number, number][], length: number, loudness: number}>} */
const SOUNDS = {
  ready: { notes: [[659.3, 0], [880, 0.12]], length: 0.35, loudness: 0.12 },
  placed: { notes: [[523.3, 0]], length: 0.09, loudness: 0.05 },
  beckon: { notes: [[784, 0], [587.3, 0.14]], length: 0.3, loudness: 0.08 },
};
const APART = 120; // ms between two beginnings: more would be a noise

/** @returns {(which: Sound) => void} plays one; does nothing where the browser has no sound, or the user has not touched the page yet */
export function sound() {
  /** @type {AudioContext | null} */
  let context = null;
  let last = -Infinity;
  return (which) => {
    if (typeof AudioContext !== "function" || performance.now() - last < APART) return;
    last = performance.now();
    context ??= new AudioContext();
    if (context.state === "suspended") context.resume().catch(() => {}); // it stays silent until the page has been touched
    const { notes, length, loudness } = SOUNDS[which];
    for (const [frequency, after] of notes) play(context, frequency, context.currentTime + after, length, loudness);
  };
}

/** @param {AudioContext} context */
function play(context, frequency, at, length, loudness) {
  const tone = context.createOscillator(), volume = context.createGain();
  tone.frequency.value = frequency;
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(loudness, at + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.001, at + length);
  tone.connect(volume).connect(context.destination);
  tone.start(at);
  tone.stop(at + length);
}
