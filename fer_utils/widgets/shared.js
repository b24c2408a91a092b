// Small helpers that every widget shares.

function fill(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function save(name, blob) {
  const url = URL.createObjectURL(blob);
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

// The time now, for the name of a file.
const timestamp = () => new Date().toISOString().slice(0, 19).replaceAll(":", "-");
