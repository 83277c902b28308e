import { attackKeyTable, attackParameterTable, attackTable } from '../attack/attackTable.ts';
import { defenceKeyTable, defenceTable } from '../attack/defenceTables.ts';
import { operatorTable } from '../onnx/operatorTable.ts';
import { survivalModelTable } from '../survival/modelTable.ts';
import { networkParameterTable, networkTable } from '../train/networkTables.ts';
import { datasetTable, optimiserTable, scheduleTable } from '../train/tables.ts';

/** The tables of the documentation that are made from catalogues, by the names that their places have (see `withTables`). */
export const TABLES: Readonly<Record<string, () => string>> = {
  attacks: attackTable,
  'attack-keys': attackKeyTable,
  'attack-parameters': attackParameterTable,
  datasets: datasetTable,
  defences: defenceTable,
  'defence-keys': defenceKeyTable,
  'onnx-operators': operatorTable,
  networks: networkTable,
  'network-parameters': networkParameterTable,
  optimisers: optimiserTable,
  schedules: scheduleTable,
  'survival-models': survivalModelTable,
};
