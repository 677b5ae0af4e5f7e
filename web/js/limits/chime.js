// Two soft notes.

const NOTES = [[659.3, 0], [880, 0.12]]; // Hz, s from the beginning
const LOUDNESS = 0.12;
const LENGTH = 0.35; // s of one note

/** @returns {() => void} plays them; does nothing where the browser has no sound, or the user has not touched the page yet */
export function chime() {
  /** @type {AudioContext | null} */
  let context = null;
  return () => {
    if (typeof AudioContext !== "function") return;
    context ??= new AudioContext();
    if (context.state === "suspended") context.resume().catch(() => {}); // it stays silent until the page has been touched
    for (const [frequency, after] of NOTES) play(context, frequency, context.currentTime + after);
  };
}

/** @param {AudioContext} context */
function play(context, frequency, at) {
  const tone = context.createOscillator(), volume = context.createGain();
  tone.frequency.value = frequency;
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(LOUDNESS, at + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.001, at + LENGTH);
  tone.connect(volume).connect(context.destination);
  tone.start(at);
  tone.stop(at + LENGTH);
}
