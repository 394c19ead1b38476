#!/usr/bin/env node
// A long-lived agent: draws bars of quantiles, see configs/languages.yaml.
import { writeFile } from "node:fs/promises";
import { run } from "../../sdk/typescript/troupe_agent.mjs";

const ROW = 28;
const escaped = (text) => text.replace(/[&<>"]/g, (x) => `&#${x.charCodeAt()};`);

function bars({ title, names, values }) {
  const scale = 400 / Math.max(...values.map((x) => x.max), 1);
  const rows = names.map((name, i) => {
    const { p50, p95, max, count } = values[i];
    const y = 40 + i * ROW;
    return `<text x="110" y="${y + 14}" text-anchor="end">${escaped(name)}</text>
<rect x="120" y="${y}" width="${(max * scale).toFixed(1)}" height="18" fill="#ddd"/>
<rect x="120" y="${y}" width="${(p95 * scale).toFixed(1)}" height="18" fill="#8bd"/>
<rect x="120" y="${y}" width="${(p50 * scale).toFixed(1)}" height="18" fill="#258"/>
<text x="530" y="${y + 14}">${p50} / ${p95} / ${max} of ${count}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="720"
 height="${50 + names.length * ROW}" font-family="sans-serif" font-size="13">
<text x="120" y="24">${escaped(title)}: p50 / p95 / max</text>
${rows.join("\n")}
</svg>
`;
}

run(async (task) => {
  await writeFile(task.input.file, bars(task.input));
  task.log(`drew ${task.input.names.length} bars`);
  return { file: task.input.file, bars: task.input.names.length };
}, { capabilities: ["chart.svg"] });
