/** Systems that change calls, in interpreter mode. */
import { testContract } from './contract.ts';

testContract(({ changesCalls, asInterpreter }) => changesCalls && asInterpreter);
