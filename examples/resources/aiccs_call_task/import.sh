# By the id of the task, or by its exact name.
terraform import aiccs_call_task.reminder 118000000000000001
terraform import aiccs_call_task.reminder 'Appointment reminder'
