/**
 * A small shop to test against: products, cart, log in, check-out, and a JSON API. Plain node:http, kept in memory,
 * a cart for each visitor's cookie, so that tests in parallel do not meet. Runs on Node and Bun.
 */
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { checkoutPage, confirmationPage, errorPage, homePage, loginPage } from "./pages.mjs";

const PRODUCTS = [
  { id: 1, name: "Tea pot", price: 24.5, stock: 3 },
  { id: 2, name: "Cup", price: 6, stock: 40 },
  { id: 3, name: "Sugar bowl", price: 9.9, stock: 0 },
];
const BODY_LENGTH_MAX = 10_000;

/**
 * Starts the shop on loopback.
 *
 * @param options `port`: 0 for a free one; `password`: what every customer logs in with.
 * @returns Its URL and how to stop it.
 */
export async function startShop({ port = 0, password }) {
  const visits = new Map();
  const server = createServer((request, response) => {
    answer({ request, response, password, visits }).catch((fault) =>
      send(response, { status: 500, html: errorPage(String(fault)) }),
    );
  });
  await new Promise((done, fail) => server.once("error", fail).listen(port, "127.0.0.1", done));
  const stop = () =>
    new Promise((done) => {
      server.close(done);
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${server.address().port}`, stop };
}

async function answer({ request, response, password, visits }) {
  const url = new URL(request.url, "http://shop");
  if (url.pathname.startsWith("/api/")) return send(response, answerApi(url));
  const { visit, cookie } = visitOf(request, visits);
  const form = new URLSearchParams(await readBody(request));
  const page = PAGES[`${request.method} ${url.pathname}`];
  const result =
    page === undefined
      ? { status: 404, html: errorPage("There is no such page") }
      : page({ visit, form, password });
  return send(response, { ...result, cookie });
}

const PAGES = {
  "GET /": ({ visit }) => ({ html: homePage(PRODUCTS, visit) }),
  "POST /cart": ({ visit, form }) => {
    const product = PRODUCTS.find(({ id }) => id === Number(form.get("id")));
    if (product === undefined) return { status: 400, html: errorPage("There is no such product") };
    visit.cart.push(product);
    return { location: "/" };
  },
  "GET /login": () => ({ html: loginPage() }),
  "POST /login": ({ visit, form, password }) => {
    if (form.get("password") !== password)
      return { status: 403, html: loginPage("Wrong password") };
    visit.email = form.get("email");
    return { location: "/checkout" };
  },
  "GET /checkout": ({ visit }) =>
    visit.email === undefined ? { location: "/login" } : { html: checkoutPage(visit) },
  "POST /checkout": ({ visit }) => {
    if (visit.email === undefined) return { location: "/login" };
    visit.paid = visit.cart;
    visit.cart = [];
    return { location: "/done" };
  },
  "GET /done": ({ visit }) =>
    visit.paid === undefined ? { location: "/" } : { html: confirmationPage(visit) },
};

function answerApi(url) {
  if (url.pathname === "/api/products") return { json: PRODUCTS };
  const id = /^\/api\/products\/(\d+)$/.exec(url.pathname)?.[1];
  const product = PRODUCTS.find((known) => known.id === Number(id));
  if (product !== undefined) return { json: product };
  if (url.pathname === "/api/delivery") return answerDelivery(url);
  return { status: 404, json: { error: "not found" } };
}

/** The carrier's service is asleep when it is asked for the first time. */
function answerDelivery(url) {
  if (url.searchParams.get("try") === "1")
    return { status: 503, json: { error: "the carrier does not answer" } };
  return { json: { days: 2 } };
}

function visitOf(request, visits) {
  const known = /(?:^|; )visit=([\w-]+)/.exec(request.headers.cookie ?? "")?.[1];
  if (known !== undefined && visits.has(known)) return { visit: visits.get(known) };
  const id = randomUUID();
  visits.set(id, { cart: [], email: undefined, paid: undefined });
  return { visit: visits.get(id), cookie: `visit=${id}; HttpOnly; SameSite=Lax; Path=/` };
}

async function readBody(request) {
  let body = "";
  for await (const chunk of request) {
    body += chunk;
    if (body.length > BODY_LENGTH_MAX) throw new Error("The form is too large");
  }
  return body;
}

function send(response, { status = 200, html, json, location, cookie }) {
  const headers = cookie === undefined ? {} : { "set-cookie": cookie };
  if (location !== undefined) {
    response.writeHead(303, { ...headers, location }).end();
    return;
  }
  const type = json === undefined ? "text/html; charset=utf-8" : "application/json";
  response
    .writeHead(status, { ...headers, "content-type": type })
    .end(json === undefined ? html : JSON.stringify(json));
}
