// Starts GitHub as the npm package `emulate` has it: `node start.mjs PORT FILE`, where FILE is the package's api.js,
// with the seed as JSON on one line of standard input. Says `ready` when it listens, and ends when standard input does.
import { webcrypto } from "node:crypto";
import net from "node:net";
import readline from "node:readline";
import { pathToFileURL } from "node:url";

// Node.js 18 has this under another name only; tokens of Apps are checked with it.
globalThis.crypto ??= webcrypto;

// The package listens on all interfaces and has no option for it.
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (port, _host, ...rest) {
  return listen.call(this, port, "127.0.0.1", ...rest);
};

const [port, api] = process.argv.slice(2);
const { createEmulator } = await import(pathToFileURL(api));
const input = readline.createInterface({ input: process.stdin });
input.on("close", () => process.exit(0));
input.once("line", async (line) => {
  const baseUrl = `http://127.0.0.1:${port}`;
  await createEmulator({ service: "github", port: Number(port), baseUrl, seed: JSON.parse(line) });
  // It begins to listen in the background.
  for (;;) {
    try {
      await fetch(`${baseUrl}/rate_limit`);
      break;
    } catch {
      await new Promise((again) => setTimeout(again, 10));
    }
  }
  console.log("ready");
});
