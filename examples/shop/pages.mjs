/** The shop's pages as HTML text. */

const STYLE = `
  body { font: 16px/1.5 sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; color: #223 }
  header { display: flex; justify-content: space-between; align-items: center; border-bottom: 2px solid #246 }
  ul { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1rem; padding: 0; list-style: none }
  li, form.card { border: 1px solid #ccd; border-radius: .5rem; padding: 1rem }
  label { display: block; margin-bottom: .5rem }
  button { background: #246; color: white; border: 0; border-radius: .3rem; padding: .5rem 1rem; font: inherit }
  button:disabled { background: #aab }
  .menu { display: none }
  @media (max-width: 600px) { .menu { display: inline } .wide { display: none } }
`;

/** Products with a button each, and how many are in the cart. */
export function homePage(products, visit) {
  const items = products.map(
    ({
      id,
      name,
      price,
      stock,
    }) => `<li data-testid="product-${id}"><h2>${name}</h2><p class="price">€ ${price.toFixed(2)}</p>
      <form method="post" action="/cart"><input type="hidden" name="id" value="${id}">
      <button aria-label="Add to cart: ${name}" ${stock === 0 ? "disabled" : ""}>${stock === 0 ? "Sold out" : "Add to cart"}</button></form></li>`,
  );
  return layout(
    "Shop",
    visit,
    `<h1>Tea things</h1><ul>${items.join("")}</ul><a href="/checkout">Check out</a>`,
  );
}

/** The log-in form. */
export function loginPage(problem) {
  const alert = problem === undefined ? "" : `<p role="alert">${escapeHtml(problem)}</p>`;
  return layout(
    "Log in",
    undefined,
    `<h1>Log in</h1>${alert}<form class="card" method="post" action="/login">
      <label>E-mail <input name="email" type="email" required></label>
      <label>Password <input name="password" type="password" required></label>
      <button>Log in</button></form>`,
  );
}

/** What is in the cart, and the button that pays. */
export function checkoutPage(visit) {
  const rows = visit.cart
    .map(({ name, price }) => `<tr><td>${name}</td><td>€ ${price.toFixed(2)}</td></tr>`)
    .join("");
  const total = visit.cart.reduce((sum, { price }) => sum + price, 0);
  return layout(
    "Check-out",
    visit,
    `<h1>Check-out</h1><p>For ${escapeHtml(visit.email)}</p><table>${rows}</table><p id="total">€ ${total.toFixed(2)}</p>
     <form method="post" action="/checkout"><button>Pay</button></form>`,
  );
}

/** After paying. */
export function confirmationPage(visit) {
  return layout(
    "Done",
    visit,
    `<h1>Thank you</h1><p>${visit.paid.length} things are on their way to ${escapeHtml(visit.email)}.</p>`,
  );
}

/** A sentence about what went wrong. */
export function errorPage(text) {
  return layout("Sorry", undefined, `<h1>Sorry</h1><p>${escapeHtml(text)}</p>`);
}

function layout(title, visit, body) {
  const cart =
    visit === undefined ? "" : `<span>Cart: <b id="count">${visit.cart.length}</b></span>`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>
    <meta name="viewport" content="width=device-width, initial-scale=1"><style>${STYLE}</style></head>
    <body><header><a href="/">Shop</a><nav class="wide"><a href="/login">Log in</a></nav>
    <button class="menu" type="button">Menu</button>${cart}</header><main>${body}</main></body></html>`;
}

function escapeHtml(text) {
  return String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
