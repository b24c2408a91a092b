// Write tables as CSV: the counterpart of video/sinks.py.

/**
 * Return rows as CSV text; missing values are empty.
 * @param {Record<string, string | number | null>[]} rows
 * @param {readonly string[]} columns
 * @param {Record<string, number>} decimals the number of decimals of some columns
 */
export function csvText(rows, columns, decimals) {
  /** @param {string | number | null | undefined} value @param {string} column */
  const cell = (value, column) => {
    if (value === null || value === undefined) return "";
    if (typeof value === "number" && column in decimals) return value.toFixed(decimals[column]);
    const text = String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = rows.map((row) => columns.map((column) => cell(row[column], column)).join());
  return [columns.join(), ...lines, ""].join("\n");
}
