import { declareNoopTests } from "./declare-noop-tests.ts";

declareNoopTests();
