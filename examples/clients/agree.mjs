// Has a node run a workflow, and agrees to what it asks: agree.mjs [NODE]
//
// node examples/clients/agree.mjs http://127.0.0.1:8765

import { Client } from "../../sdk/typescript/troupe_client.mjs";

const workflow = `
workflow: agree
steps:
  agree: {approve: {timeout: 1h, on_timeout: reject}}
  say: {depends_on: [agree], agent: echo, input: hello}
`;

const node = new Client({ node: process.argv[2] });
try {
  const { run } = await node.submit(workflow);
  for await (const event of node.events({ run })) {
    console.error(event.kind);
    if (event.kind === "decision_asked")
      await node.approve(event.id, { comment: "looks good" });
  }
  const ended = await node.wait(run);
  console.log(ended.state, ended.output.say);
} catch (why) {
  console.error(`${why.message}; ${why.hint ?? ""}`);
  process.exitCode = 1;
}
