/** Systems that change calls, by launchers. */
import { testContract } from './contract.ts';

testContract(({ changesCalls, asInterpreter }) => changesCalls && !asInterpreter);
