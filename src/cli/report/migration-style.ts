/** The style of the migration report's page: readable on screens and on paper, light and dark. */
export const MIGRATION_STYLE = `:root { --text: #1c1c1e; --quiet: #5c5c66; --page: #ffffff; --box: #f4f4f7; --line: #d4d4dc;
  --unchanged: #1a6b34; --differences: #1f4fa3; --edit: #8a4b00; --blocked: #a1161f; }
@media (prefers-color-scheme: dark) { :root { --text: #ececf1; --quiet: #a9a9b6; --page: #17171a; --box: #232328; --line: #3b3b44;
  --unchanged: #6fd08c; --differences: #8fb4ff; --edit: #f0b35a; --blocked: #ff8a90; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem; color: var(--text); background: var(--page);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.25rem; margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin-bottom: 0; } h4 { font-size: 0.85rem; margin: 0.75rem 0 0; color: var(--quiet); }
a { color: var(--differences); }
code, pre { font: 0.85rem/1.45 ui-monospace, monospace; background: var(--box); border-radius: 3px; overflow-wrap: anywhere; }
code { padding: 0.05rem 0.25rem; } pre { padding: 0.5rem; white-space: pre-wrap; margin: 0.25rem 0; }
table { border-collapse: collapse; width: 100%; } th, td { padding: 0.3rem 0.6rem; border-bottom: 1px solid var(--line); text-align: right; }
th:first-child { text-align: left; }
article { border: 1px solid var(--line); border-radius: 6px; padding: 0 1rem 0.75rem; margin: 1rem 0; break-inside: avoid; }
dl { margin: 0; } dt { margin-top: 0.5rem; } dd { margin: 0 0 0 1rem; } dd p { margin: 0.15rem 0; }
.place { color: var(--quiet); font-size: 0.85rem; margin: 0; }
.badge { border: 1px solid currentColor; border-radius: 4px; padding: 0 0.4rem; font-size: 0.8rem; font-weight: 600; }
.answer { font-weight: 600; }
.unchanged { color: var(--unchanged); } .differences, h4.differs { color: var(--differences); }
.edit, h4.refused { color: var(--edit); } .blocked { color: var(--blocked); }
@media print { body { max-width: none; padding: 0; font-size: 10pt; } nav { break-after: page; } a { color: inherit; text-decoration: none; } }
`
