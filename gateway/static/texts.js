// Texts as a page shows them, and the page's own words.

export const squeeze = (text) => String(text).replace(/\s+/g, " ").trim();
export const textOf = (element) => squeeze(element?.textContent ?? "");
export const said = (words, name, i, values = {}) => words.page[name][i].replace(/\{(\w+)\}/g, (_, key) => values[key]);
