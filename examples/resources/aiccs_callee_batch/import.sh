# TASK_ID/BATCH_ID[,BATCH_ID]
terraform import aiccs_callee_batch.december 118000000000000001/123000000000000001
