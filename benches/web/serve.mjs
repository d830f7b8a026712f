// The website that the peers stand on: files from memory, leads counted.

import { createServer } from "node:http";

/** Serves the answers on this port of loopback. `leads` has what was sent. */
export async function serve(answers, port) {
  const leads = [];
  const server = createServer(async (request, response) => {
    if (request.method === "POST" && request.url === "/leads") {
      let text = "";
      for await (const piece of request.setEncoding("utf8")) text += piece;
      leads.push(JSON.parse(text));
      return response.writeHead(201).end();
    }
    const found = answers.get(request.url);
    if (!found) return response.writeHead(404).end();
    response.writeHead(200, { "content-type": `${found.type};charset=utf-8`, "content-encoding": "br", "cache-control": "no-store" });
    response.end(found.body);
  });
  await new Promise((done, failed) => server.once("error", failed).listen(port, "127.0.0.1", done));
  return { leads, close: () => server.close().closeAllConnections() };
}
