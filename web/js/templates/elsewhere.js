// Runs in a frame of its own that may ask other hosts, and nothing else: it has no origin, so no cookies and no storage, and nothing
// of the page. It is given the address of a picture and gives back its bytes. No module: those are not loaded without an origin.

onmessage = async ({ data: { address, most }, ports: [port] }) => {
  try {
    const response = await fetch(address, { credentials: "omit", referrerPolicy: "no-referrer", signal: AbortSignal.timeout(15_000) });
    if (!response.ok) return port.postMessage("none");
    const parts = [], reader = response.body.getReader();
    for (let size = 0; ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
      if (size > most) {
        await reader.cancel();
        return port.postMessage("large");
      }
      parts.push(value);
    }
    port.postMessage(new Blob(parts));
  } catch {
    port.postMessage("none");
  }
};
