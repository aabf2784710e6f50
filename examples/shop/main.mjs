/** Serves the demo shop: `node examples/shop/main.mjs`, then `SHOP_PASSWORD=tea npm run -s panoptic -- run examples`. */
import { startShop } from "./shop.mjs";

const PORT_DEFAULT = 4400;

const { url } = await startShop({
  port: Number(process.env.SHOP_PORT ?? PORT_DEFAULT),
  password: process.env.SHOP_PASSWORD ?? "tea",
});
console.log(`shop at ${url}`);
